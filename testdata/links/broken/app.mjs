import { start } from './start.mjs';

start();
//# sourceMappingURL=app.mjs.map
