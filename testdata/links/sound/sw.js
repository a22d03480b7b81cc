importScripts('workbox.js');
workbox.precaching.precacheAndRoute([
  { url: '/index.html', revision: '1' },
  { "revision": null, "url": "/about.html" },
]);
