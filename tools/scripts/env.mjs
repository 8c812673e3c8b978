/** The environment for the tools we start: no telemetry, no cloud, no daemons left behind. */
const quiet = {
  NX_NO_CLOUD: "true",
  NX_DAEMON: "false",
  NX_TUI: "false",
  NEXT_TELEMETRY_DISABLED: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

export function quietEnv(extra = {}) {
  return { ...process.env, ...quiet, ...extra };
}
