self.workbox = {};
