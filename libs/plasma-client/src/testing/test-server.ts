/** A server for the test app, as one person sees it. */

import { httpServer } from "./http-server.ts";
import { SERVER_USER, testMutators, testSchema } from "./test-app.ts";

export function testServer() {
  return httpServer({
    schema: testSchema,
    mutators: testMutators,
    ctx: { userId: SERVER_USER },
  });
}
