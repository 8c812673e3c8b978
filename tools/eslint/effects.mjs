/**
 * What reaches outside: time, chance, timers, the network, storage, the page. In a library, only
 * `src/platform.ts` may name these; everything else is handed them. That is what lets the
 * simulator run the whole engine on a clock and a network of its own.
 */
const handedIn = "This reaches outside. Take it from what is handed in; only platform.ts names it.";

const names = [
  "BroadcastChannel",
  "WebSocket",
  "XMLHttpRequest",
  "cancelAnimationFrame",
  "cancelIdleCallback",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "document",
  "fetch",
  "globalThis",
  "indexedDB",
  "localStorage",
  "location",
  "navigator",
  "performance",
  "process",
  "requestAnimationFrame",
  "requestIdleCallback",
  "self",
  "sessionStorage",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "window",
];

export const effectGlobals = names.map((name) => ({ name, message: handedIn }));

export const effectProperties = [
  { object: "Date", property: "now", message: handedIn },
  { object: "Math", property: "random", message: handedIn },
];

export const effectSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: handedIn },
  { selector: "CallExpression[callee.name='Date']", message: handedIn },
];

export const effectModules = ["crypto", "timers", "timers/promises", "perf_hooks"].flatMap(
  (name) => [
    { name: `node:${name}`, message: handedIn },
    { name, message: handedIn },
  ],
);
