/** @type {import("next").NextConfig} */
const config = {
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
};

export default config;
