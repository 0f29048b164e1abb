/* Serves the files of this folder when there is no network.  made by symnet */
"use strict";
const STORE = "{store}", FILES = {files};

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(forget().then(() => self.clients.claim())));

async function keep() {
  const store = await caches.open(STORE);
  for (const path of FILES) if (!(await store.match(path))) await store.add(path);
}

/* Of this folder alone: others of the same host may have stores of their own. */
async function forget() {
  const ours = STORE.replace(/\S+$/, "");
  for (const name of await caches.keys()) if (name.startsWith(ours) && name !== STORE) await caches.delete(name);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const store = await caches.open(STORE);
  const path = url.pathname.endsWith("/") ? new URL("index.html", url).href : url.href.split("#")[0];
  return (await store.match(path)) || fetch(request);
}
