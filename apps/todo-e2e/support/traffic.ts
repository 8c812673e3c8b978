/** Records everything a page receives: the body of each response, and each socket frame. */
import type { Page, WebSocket } from "@playwright/test";

export interface Frame {
  readonly payload: string;
  readonly at: number;
}

export class Traffic {
  /** How many sockets were opened. */
  sockets = 0;
  private readonly frames: Frame[] = [];
  private readonly bodies: Promise<{ url: string; body: string }>[] = [];

  /** Listen before the page opens its first address. */
  static of(page: Page): Traffic {
    const traffic = new Traffic();
    page.on("websocket", (socket) => traffic.listen(socket));
    page.context().on("response", (response) => {
      const read = response.body().then(
        (body) => body.toString("utf8"),
        // A redirect or a preflight has no body, and that of an aborted request is gone.
        () => "",
      );
      traffic.bodies.push(read.then((body) => ({ url: response.url(), body })));
    });
    return traffic;
  }

  /** Everything received so far, in one text to search in. */
  async everythingReceived(): Promise<string> {
    const bodies = await Promise.all(this.bodies);
    const frames = this.frames.map(({ payload }) => payload);
    return [...bodies.map(({ url, body }) => `${url}\n${body}`), ...frames].join("\n");
  }

  framesReceived(): readonly Frame[] {
    return this.frames;
  }

  pokesSince(time: number): Frame[] {
    return this.frames.filter(({ payload, at }) => at >= time && payload.includes('"poke"'));
  }

  private listen(socket: WebSocket): void {
    this.sockets += 1;
    socket.on("framereceived", ({ payload }) => {
      this.frames.push({ payload: payload.toString(), at: Date.now() });
    });
  }
}
