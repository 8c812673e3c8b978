/** Sockets in memory: a `WebSocket` constructor, and the other ends of what it constructs. */

import type { WebSocketConstructor } from "../../platform.ts";

export interface ServerEnd {
  readonly url: string;
  readonly protocols: readonly string[];
  /** What the client has sent. */
  readonly received: readonly unknown[];
  /** The code with which the client has closed, if it has. */
  readonly closedWith: number | null;
  open(): void;
  say(data: unknown): void;
  close(code: number): void;
  /** Answers pings; a half-open socket does not. */
  answersPings: boolean;
}

export interface MemorySockets {
  readonly WebSocket: WebSocketConstructor;
  /** In the order in which the client made them. */
  readonly ends: readonly ServerEnd[];
  /** Opens each socket as soon as it is made. */
  opensAtOnce: boolean;
  /** The constructor throws. */
  isBroken: boolean;
}

export function memorySockets(): MemorySockets {
  const ends: MemorySocket[] = [];
  const sockets: MemorySockets = {
    ends,
    opensAtOnce: true,
    isBroken: false,
    WebSocket: class extends MemorySocket {
      constructor(url: string, protocols: string[]) {
        if (sockets.isBroken) throw new DOMException("Not a URL.", "SyntaxError");
        super(url, protocols);
        ends.push(this);
        if (sockets.opensAtOnce) void Promise.resolve().then(() => this.open());
      }
    },
  };
  return sockets;
}

class MemorySocket extends EventTarget implements WebSocket, ServerEnd {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly bufferedAmount = 0;
  readonly extensions = "";
  readonly protocol: string;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly received: unknown[] = [];
  binaryType: BinaryType = "blob";
  onclose = null;
  onerror = null;
  onmessage = null;
  onopen = null;
  readyState: 0 | 1 | 2 | 3 = 0;
  answersPings = true;
  closedWith: number | null = null;

  constructor(url: string, protocols: readonly string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    this.protocol = protocols[0] ?? "";
  }

  send(data: unknown): void {
    if (this.readyState !== this.OPEN) throw new DOMException("Not open.", "InvalidStateError");
    this.received.push(data);
    if (data === "ping" && this.answersPings) void Promise.resolve().then(() => this.say("pong"));
  }

  /** Called by the client, as `close()`, and by the server's end, with a code from 3000 on. */
  close(code = 1000): void {
    if (this.readyState >= this.CLOSING) return;
    this.readyState = this.CLOSED;
    if (code === 1000) this.closedWith = code;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  open(): void {
    if (this.readyState !== this.CONNECTING) return;
    this.readyState = this.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

/** Node 20 has none. */
class CloseEvent extends Event {
  readonly code: number;

  constructor(type: string, { code }: { code: number }) {
    super(type);
    this.code = code;
  }
}
