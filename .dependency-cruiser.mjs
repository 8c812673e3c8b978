/** What ESLint cannot see in one file: cycles of imports, also of those of types alone. */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that import each other are one file, or a third one is missing.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|dist|\\.next[^/]*|\\.vercel)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    // Says what the app's `@/…` is; the other packages have no paths of their own.
    webpackConfig: { fileName: "tools/eslint/import-aliases.mjs" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
  },
};
