/** The model server behind the wire protocol, as a `fetch`; the line to it can be cut. */

import type { PullRequest, PushRequest } from "@sh1n4ps/plasma-core";
import type { Fetcher } from "../platform.ts";
import { modelServer } from "./model-server.ts";
import type { ModelServer, ModelServerOptions } from "./model-server.ts";

export interface HttpServer {
  readonly model: ModelServer;
  readonly fetch: Fetcher;
  /** Requests that arrived, by their last path segment. */
  readonly requests: string[];
  isReachable: boolean;
}

export function httpServer(options: ModelServerOptions): HttpServer {
  const model = modelServer(options);
  const server: HttpServer = {
    model,
    requests: [],
    isReachable: true,
    async fetch(url, init) {
      if (!server.isReachable) throw new TypeError("Failed to fetch");
      const path = url.split("/").at(-1) ?? "";
      server.requests.push(path);
      const body: unknown = JSON.parse(String(init.body));
      if (path === "push") {
        const { clientID, confirmed, mutations } = body as PushRequest;
        await model.push({ clientID, confirmed, mutations });
        return Response.json({
          lastMutationID: model.lastMutationID(clientID),
          results: mutations.map(({ id }) => ({ id, status: "ok" })),
        });
      }
      const { cookie, clients } = body as PullRequest;
      return Response.json(model.pull({ cookie, clients })[0]);
    },
  };
  return server;
}
