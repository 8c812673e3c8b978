/**
 * TypeScript as JavaScript and declarations, a file for each file, with maps to the sources.
 *
 * Packages see each other as others will: by their declarations, which are made already (`stagedTypes`).
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";
import { Complaint } from "../scripts/complaint.mjs";

/**
 * @param {object} options
 * @param {string} options.directory The package, with `src` and tsconfig.json.
 * @param {string[]} options.entries Sources: what they import is compiled as well, and nothing else.
 * @param {Record<string, string>} options.stagedTypes The declarations of other packages, by what they are imported as.
 * @param {string} options.stage Gets `dist`, and `src` for the maps.
 */
export function compile({ directory, entries, stagedTypes, stage }) {
  const sources = join(directory, "src");
  const options = compilerOptions({ directory, stagedTypes, stage });
  const program = ts.createProgram(entries, options);
  const emitted = program.emit(undefined, write, undefined, false, {
    afterDeclarations: [rewriteDeclarationImports],
  });
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  if (diagnostics.length > 0) {
    const host = { getCurrentDirectory: () => directory, getNewLine: () => "\n" };
    const text = ts.formatDiagnostics(diagnostics, {
      ...host,
      getCanonicalFileName: (name) => name,
    });
    throw new Complaint(`${directory} does not compile:\n${text}`);
  }
  for (const { fileName, isDeclarationFile } of program.getSourceFiles()) {
    if (isDeclarationFile || !resolve(fileName).startsWith(sources + sep)) continue;
    const copy = join(stage, "src", relative(sources, fileName));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(fileName, copy);
  }

  function write(fileName, text) {
    mkdirSync(dirname(fileName), { recursive: true });
    writeFileSync(fileName, fileName.endsWith(".map") ? movedMap(fileName, text) : text);
  }

  /** A map that finds the sources where they lie in the package. */
  function movedMap(fileName, text) {
    const map = JSON.parse(text);
    const moved = map.sources.map((source) => {
      const inSources = relative(sources, resolve(dirname(fileName), source));
      return relative(dirname(fileName), join(stage, "src", inSources)).replaceAll(sep, "/");
    });
    return JSON.stringify({ ...map, sources: moved });
  }
}

function compilerOptions({ directory, stagedTypes, stage }) {
  const configFile = join(directory, "tsconfig.json");
  const { config } = ts.readConfigFile(configFile, ts.sys.readFile);
  const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, directory);
  if (errors.length > 0) throw new Complaint(`${configFile} cannot be read.`);
  return {
    ...options,
    noEmit: false,
    noEmitOnError: true,
    declaration: true,
    declarationMap: true,
    sourceMap: true,
    rewriteRelativeImportExtensions: true,
    rootDir: join(directory, "src"),
    outDir: join(stage, "dist"),
    paths: Object.fromEntries(Object.entries(stagedTypes).map(([name, file]) => [name, [file]])),
  };
}

/** What `rewriteRelativeImportExtensions` does for JavaScript it leaves undone in declarations. */
function rewriteDeclarationImports(context) {
  const { factory } = context;
  const rewritten = (literal) => {
    const name = literal.text;
    return /^\.{1,2}\/.*\.tsx?$/.test(name)
      ? factory.createStringLiteral(name.replace(/\.tsx?$/, ".js"))
      : literal;
  };
  const visit = (node) => {
    if (ts.isStringLiteral(node) && isSpecifier(node)) return rewritten(node);
    return ts.visitEachChild(node, visit, context);
  };
  return (file) => ts.visitNode(file, visit);
}

function isSpecifier({ parent }) {
  return (
    parent !== undefined &&
    (ts.isImportDeclaration(parent) ||
      ts.isExportDeclaration(parent) ||
      (ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent)))
  );
}
