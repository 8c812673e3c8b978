import { describe, expect, it } from "vitest";
import { decodeIdentity, encodeIdentity, fitsAttachment, isAttachment } from "./socket-identity.ts";

const ada = { clientID: "tab-1", clientGroupID: "ada", principal: "ada" };

describe("the identity of a socket", () => {
  it.each([ada, { clientID: 'ü\n"%', clientGroupID: "日本語 🌊", principal: "a,b;c=d" }])(
    "survives the way through a header: %j",
    (identity) => {
      const encoded = encodeIdentity(identity);
      expect(new Headers({ "x-identity": encoded }).get("x-identity")).toBe(encoded);
      expect(decodeIdentity(encoded)).toEqual(identity);
    },
  );

  it("carries nothing but the three ids", () => {
    const encoded = encodeIdentity({ ...ada, token: "secret" } as typeof ada);
    expect(decodeIdentity(encoded)).toEqual(ada);
  });

  it.each([
    null,
    "",
    "%",
    "null",
    "{}",
    encodeURIComponent(JSON.stringify({ ...ada, principal: "" })),
    encodeURIComponent(JSON.stringify({ ...ada, clientID: 7 })),
  ])("is refused when it is not complete: %j", (encoded) => {
    expect(decodeIdentity(encoded)).toBeUndefined();
  });

  it("is an attachment only together with its order", () => {
    expect(isAttachment(ada)).toBe(false);
    expect(isAttachment({ ...ada, order: 1 })).toBe(true);
    expect(isAttachment(null)).toBe(false);
  });

  it("fits into an attachment up to 2 KB, counted in bytes", () => {
    expect(fitsAttachment({ ...ada, order: 1 })).toBe(true);
    expect(fitsAttachment({ ...ada, principal: "x".repeat(2_000), order: 1 })).toBe(false);
    expect(fitsAttachment({ ...ada, principal: "日".repeat(700), order: 1 })).toBe(false);
  });
});
