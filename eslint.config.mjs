import js from "@eslint/js";
import nxDevkit from "@nx/devkit";
import nx from "@nx/eslint-plugin";
import tseslint from "typescript-eslint";
import { depConstraints } from "./tools/eslint/dependencies.mjs";
import {
  effectGlobals,
  effectModules,
  effectProperties,
  effectSyntax,
} from "./tools/eslint/effects.mjs";
import { exhaustiveSwitch } from "./tools/eslint/exhaustive-switch.mjs";
import { kebabCaseFile } from "./tools/eslint/kebab-case-file.mjs";

// The module boundaries are checked against Nx's project graph, and are skipped without a word
// when there is none yet: so it is made here.
process.env.NX_DAEMON ??= "false";
await nxDevkit.createProjectGraphAsync({ exitOnError: false });

const plasma = {
  rules: { "exhaustive-switch": exhaustiveSwitch, "kebab-case-file": kebabCaseFile },
};

const TESTS = ["**/*.test.{ts,tsx}", "**/*.test-d.ts"];
const LIB_SOURCES = ["libs/*/src/**/*.{ts,tsx}"];
const TYPED_SOURCES = [...LIB_SOURCES, "apps/*/{src,app,components,lib}/**/*.{ts,tsx}"];

const noReExportOfAll = {
  selector: "ExportAllDeclaration",
  message: "Name what is exported, so that the public surface is written down in one place.",
};
const noFocusedTest = {
  selector: "MemberExpression[object.name=/^(it|test|describe)$/][property.name='only']",
  message: "Remove .only: it keeps all other tests of the file from running.",
};
const noOwnIndex = {
  regex: "^\\.{1,2}/(.*/)?index(\\.tsx?)?$",
  message: "Import from the file that has it: index.ts is for those outside the package.",
};

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/",
      "**/dist/",
      "**/out/",
      "**/.next*/",
      "**/.vercel/",
      "**/.wrangler/",
      ".nx/",
      ".plasma/",
      "**/test-results/",
      "**/playwright-report/",
      "**/next-env.d.ts",
      "apps/todo/public/",
    ],
  },
  {
    files: ["**/*.{ts,tsx,mjs}"],
    extends: [js.configs.recommended, tseslint.configs.recommended],
    plugins: { plasma },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      // TypeScript tells, and the scripts run in Node.
      "no-undef": "off",
      "plasma/kebab-case-file": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
    },
  },
  // Not the configs and scripts of a package: they share what is in tools/.
  { files: TYPED_SOURCES, ...moduleBoundaries([]) },
  {
    files: ["apps/*-e2e/**/*.ts"],
    ...moduleBoundaries([
      "@plasma-starter/sync/dev-server",
      "/tools/(pages|scripts)/[a-z-]+\\.mjs$",
    ]),
  },
  {
    files: TYPED_SOURCES,
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": [
        "error",
        // An async function is a fine event handler where nobody waits for it, and our query
        // builders can be awaited but are plain objects all the same.
        {
          checksSpreads: false,
          checksVoidReturn: { arguments: false, attributes: false, properties: false },
        },
      ],
      "@typescript-eslint/only-throw-error": "error",
      "plasma/exhaustive-switch": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: TYPED_SOURCES,
    ignores: TESTS,
    rules: {
      "max-lines": ["error", { max: 450 }],
      "no-restricted-syntax": ["error", noReExportOfAll],
      "no-restricted-imports": ["error", { patterns: [noOwnIndex] }],
    },
  },
  {
    files: LIB_SOURCES,
    // Core and the app's domain have no platform: they are pure.
    // What kills real processes has real time and a real network.
    ignores: [
      ...TESTS,
      "libs/plasma-{client,react,server,devtools}/src/platform.ts",
      "libs/plasma-testing/src/kills/*.fixture.ts",
      "libs/plasma-testing/src/simulator/world/host.ts",
    ],
    rules: {
      "no-restricted-globals": ["error", ...effectGlobals],
      "no-restricted-properties": ["error", ...effectProperties],
      "no-restricted-syntax": ["error", noReExportOfAll, ...effectSyntax],
      "no-restricted-imports": ["error", { patterns: [noOwnIndex], paths: effectModules }],
    },
  },
  {
    files: TESTS,
    rules: {
      "no-restricted-syntax": ["error", noFocusedTest],
      // `declare global { namespace Cloudflare { … } }` is how a test names its bindings.
      "@typescript-eslint/no-namespace": ["error", { allowDeclarations: true }],
    },
  },
  {
    files: ["apps/*-e2e/**/*.ts"],
    // `async ({}, use) => …` is how Playwright wants a fixture that needs no other.
    rules: { "no-empty-pattern": "off" },
  },
  {
    files: ["**/*.test-d.ts"],
    // A type test declares values for the sake of their types.
    rules: { "@typescript-eslint/no-unused-vars": "off" },
  },
);

function moduleBoundaries(allow) {
  const options = { depConstraints, allow, enforceBuildableLibDependency: false };
  return {
    plugins: { "@nx": nx },
    rules: { "@nx/enforce-module-boundaries": ["error", options] },
  };
}
