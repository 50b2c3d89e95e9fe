// Keeps the files of one build for use without a network; another build replaces them.
const keep = "pexcalc-BUILD", files = FILES;
self.addEventListener("install", (event) => event.waitUntil(
  caches.open(keep).then((cache) => cache.addAll(files)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(caches.keys()
  .then((names) => Promise.all(names.map((name) => name === keep || caches.delete(name))))
  .then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => event.respondWith(caches.open(keep)
  .then((cache) => cache.match(event.request, {ignoreSearch: true}))
  .then((held) => held ?? fetch(event.request))));
