/**
 * Lets the app start without a network: keeps its pages and their hashed assets, and nothing else.
 *
 * - Only GET requests of this origin are looked at: what the sync server says is never kept.
 * - A page comes from the network, so that a new version is seen at once; from the cache when the network fails or
 *   takes too long.
 * - Hashed assets never change, so they come from the cache.
 * - After each page from the network the kept ones are renewed, all together: a page is never kept without its assets.
 */

const CACHE = "plasma-shell-v1";
const PAGES = ["/", "/join"];
const FILES = ["/theme.js", "/manifest.webmanifest", "/icon.svg", "/icon-maskable.svg"];
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(renewShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOtherCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (isKept(url)) event.respondWith(asset(request, url));
});

/** Next's data requests share the pages' addresses with other headers: they are not kept. */
function isKept(url) {
  return url.pathname.startsWith("/_next/static/") || FILES.includes(url.pathname);
}

async function page(event, url) {
  const network = fetch(event.request);
  // Whichever way the answer goes, this one must not count as unhandled.
  network.catch(() => undefined);
  try {
    const response = await withPatience(network);
    if (response.ok) event.waitUntil(renewShell().catch(() => undefined));
    return response;
  } catch {
    const kept = await caches.match(PAGES.includes(url.pathname) ? url.pathname : "/", {
      cacheName: CACHE,
    });
    return kept ?? network;
  }
}

async function asset(request, url) {
  const kept = await caches.match(url.pathname, { cacheName: CACHE });
  return kept ?? fetch(request);
}

/** Fetches every page and what it is made of, and only then replaces what was kept. */
async function renewShell() {
  const cache = await caches.open(CACHE);
  const pages = new Map();
  const wanted = new Set(FILES);
  for (const path of PAGES) {
    const response = await fetchFresh(path);
    for (const asset of assetsIn(await response.clone().text())) wanted.add(asset);
    pages.set(path, response);
  }
  const files = new Map();
  for (const path of wanted) {
    const isHashed = path.startsWith("/_next/static/");
    const response = (isHashed && (await cache.match(path))) || (await fetchFresh(path));
    // Fonts and images that a style sheet names are part of the page too.
    if (path.endsWith(".css")) {
      for (const asset of assetsIn(await response.clone().text())) wanted.add(asset);
    }
    files.set(path, response);
  }
  for (const [path, response] of [...files, ...pages]) await cache.put(path, response);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (!files.has(pathname) && !pages.has(pathname)) await cache.delete(request);
  }
}

function assetsIn(text) {
  return [...text.matchAll(/\/_next\/static\/[\w./~%@()[\]-]+\.\w+/g)].map(([path]) => path);
}

async function fetchFresh(path) {
  const response = await fetch(path, { cache: "no-cache" });
  if (!response.ok || response.redirected)
    throw new Error(`${path} cannot be kept (status ${response.status}).`);
  return response;
}

function withPatience(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The network takes too long.")), PATIENCE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function dropOtherCaches() {
  const names = await caches.keys();
  const ours = names.filter((name) => name.startsWith("plasma-shell-") && name !== CACHE);
  await Promise.all(ours.map((name) => caches.delete(name)));
}
