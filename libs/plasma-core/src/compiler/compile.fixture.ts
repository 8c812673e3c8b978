/** Compiles TypeScript that exists only in a test, as if its files lay beside this one. */

import ts from "typescript";

export interface Compiled {
  /** What the compiler says about each file, one line for each error. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
  /** How often the compiler instantiated a generic type: what its speed hangs on, and the same on every machine. */
  readonly instantiations: number;
}

// Compiled without Node's types.
const { dirname } = import.meta as unknown as { readonly dirname: string };

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

export function compile(files: Readonly<Record<string, string>>): Compiled {
  const sources = new Map<string, string>(
    Object.entries(files).map(([name, text]) => [`${dirname}/${name}`, text]),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = sources.get(path);
    if (text === undefined) return getSourceFile(path, target, ...rest);
    return ts.createSourceFile(path, text, target);
  };
  const program = ts.createProgram([...sources.keys()], OPTIONS, host);
  const errors = new Map(
    [...sources.keys()].map((path) => {
      const file = program.getSourceFile(path);
      const found = [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ];
      return [
        path.slice(dirname.length + 1),
        found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      ];
    }),
  );
  return { errors, instantiations: program.getInstantiationCount() };
}
