/** Types `env` and `exports` of "cloudflare:workers" for the tests that run in workerd. */

import type { Env as WorkerEnv } from "./env.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: { default: { fetch(request: Request, env: WorkerEnv): Promise<Response> } };
    }
    interface Env extends Readonly<WorkerEnv> {
      /** A second, empty database: only the tests have it. */
      readonly OTHER_DB: D1Database;
    }
  }
}
