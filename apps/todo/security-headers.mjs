/**
 * The headers with which every page is served. No page has an inline script (`build.mjs` sees to that), so the policy
 * allows none. Inline styles are allowed: React writes `style` attributes.
 */

/**
 * @param {string} syncUrl The address of the sync worker: besides its own, the only one that the app talks to.
 * @returns {{ key: string, value: string }[]}
 */
export function securityHeaders(syncUrl) {
  const { origin } = new URL(syncUrl);
  const policy = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'", origin, origin.replace(/^http/, "ws")],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  };
  const directives = Object.entries(policy).map(([name, sources]) => [name, ...sources].join(" "));
  return [
    { key: "Content-Security-Policy", value: directives.join("; ") },
    { key: "Strict-Transport-Security", value: "max-age=31536000" },
    { key: "X-Content-Type-Options", value: "nosniff" },
    { key: "X-Frame-Options", value: "DENY" },
    // The token of an invitation is in an address.
    { key: "Referrer-Policy", value: "no-referrer" },
    {
      key: "Permissions-Policy",
      value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    },
    { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
    { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  ];
}
