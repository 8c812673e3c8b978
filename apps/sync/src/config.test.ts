import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";

const good = {
  APP_ORIGINS: "https://todo.example.com",
  SESSION_SECRET: "0123456789abcdef0123456789abcdef",
};

describe("the worker's settings", () => {
  it("are read from its variables", () => {
    expect(readConfig({ ...good, DEMO: "true" })).toEqual({
      appOrigins: ["https://todo.example.com"],
      isDemo: true,
      isDevelopment: false,
      sessionSecret: good.SESSION_SECRET,
    });
  });

  it("take several origins, with or without spaces", () => {
    const { appOrigins } = readConfig({
      ...good,
      APP_ORIGINS: "http://localhost:3000, https://a.b ,",
    });
    expect(appOrigins).toEqual(["http://localhost:3000", "https://a.b"]);
  });

  it.each(["", " , ", "*", "null", "todo.example.com", "https://a.b/", "https://a.b/path"])(
    "refuse what is not an origin: %j",
    (APP_ORIGINS) => {
      expect(() => readConfig({ ...good, APP_ORIGINS })).toThrow(/APP_ORIGINS/);
    },
  );

  it.each([undefined, "false", "1", "TRUE", ""])(
    "keep the demo closed unless told so: %j",
    (DEMO) => {
      expect(readConfig({ ...good, ...(DEMO !== undefined && { DEMO }) }).isDemo).toBe(false);
    },
  );

  it.each([undefined, "", "short", "x".repeat(31)])(
    "refuse a secret that is too short",
    (secret) => {
      const settings = { ...good, ...(secret !== undefined && { SESSION_SECRET: secret }) };
      if (secret === undefined) delete (settings as { SESSION_SECRET?: string }).SESSION_SECRET;
      expect(() => readConfig(settings)).toThrow(/SESSION_SECRET must have at least 32 characters/);
      expect(() => readConfig(settings)).toThrow(/wrangler secret put/);
    },
  );
});
