import { PHASE_DEVELOPMENT_SERVER } from "next/constants.js";
import { securityHeaders } from "./security-headers.mjs";

/** @returns {import("next").NextConfig} */
const createConfig = (phase) => ({
  reactStrictMode: true,
  // The libraries are used unbuilt, straight from their TypeScript sources.
  transpilePackages: [
    "@plasma-starter/todo-domain",
    "@sh1n4ps/plasma-client",
    "@sh1n4ps/plasma-core",
    "@sh1n4ps/plasma-react",
  ],
  // Linting is a step of its own for the whole repository.
  eslint: { ignoreDuringBuilds: true },
  // A build (for the preview, for the tests) must not pull the rug from under `npm start`.
  distDir: phase === PHASE_DEVELOPMENT_SERVER ? ".next-dev" : ".next",
  // The development server needs what the policy forbids: it evaluates what has changed.
  ...(phase !== PHASE_DEVELOPMENT_SERVER && {
    headers: async () => [
      {
        source: "/:path*",
        headers: securityHeaders(
          process.env.NEXT_PUBLIC_PLASMA_SYNC_URL ?? "http://localhost:8787",
        ),
      },
    ],
  }),
});

export default createConfig;
