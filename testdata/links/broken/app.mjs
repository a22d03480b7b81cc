import { start } from './start.mjs';

start();
document.querySelector('#print').onclick = () => import('./print.mjs');
navigator.serviceWorker.register('/sw.js');
//# sourceMappingURL=app.mjs.map
