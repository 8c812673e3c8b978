/** The worker's settings, read and checked once, so that a mistake shows at the first request and not at midnight. */

import { PlasmaError } from "@sh1n4ps/plasma-core";

export interface Settings {
  readonly APP_ORIGINS?: string;
  readonly DEMO?: string;
  readonly DEVELOPMENT?: string;
  readonly SESSION_SECRET?: string;
}

export interface Config {
  readonly appOrigins: readonly string[];
  readonly isDemo: boolean;
  readonly isDevelopment: boolean;
  readonly sessionSecret: string;
}

const MIN_SECRET_LENGTH = 32;

export function readConfig(settings: Settings): Config {
  return {
    appOrigins: readOrigins(settings.APP_ORIGINS ?? ""),
    isDemo: settings.DEMO === "true",
    isDevelopment: settings.DEVELOPMENT === "true",
    sessionSecret: readSecret(settings.SESSION_SECRET ?? ""),
  };
}

function readOrigins(list: string): string[] {
  const origins = list
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
  if (origins.length === 0) {
    throw invalid(
      "APP_ORIGINS is empty. Name the app's address, such as https://todo.example.com.",
    );
  }
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw invalid(
        `APP_ORIGINS names "${origin}", which is not an origin. Write it like https://todo.example.com, without a path.`,
      );
    }
  }
  return origins;
}

function readSecret(secret: string): string {
  if (secret.length < MIN_SECRET_LENGTH) {
    throw invalid(
      `SESSION_SECRET must have at least ${MIN_SECRET_LENGTH} characters, all of them random. ` +
        "Set it with `npx wrangler secret put SESSION_SECRET`, or in the environment of a Node server.",
    );
  }
  return secret;
}

function invalid(message: string): PlasmaError {
  return new PlasmaError("invalid-configuration", message);
}
