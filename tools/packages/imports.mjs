/**
 * What a package that is about to be published imports: its own files, what it depends on, and what its platform has.
 * An import that nothing declares works in this workspace, where everything is installed, and nowhere else.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { Complaint } from "../scripts/complaint.mjs";

const PLATFORM = /^(node|cloudflare):/;

/** Throws a sentence for each import without a dependency, and for each dependency without an import. */
export function checkImports(stage, manifest) {
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  const used = new Set();
  const wrong = [];
  for (const file of publishedFiles(stage)) {
    for (const specifier of specifiersIn(join(stage, file))) {
      if (specifier.startsWith(".")) {
        if (!leadsToFile(join(stage, file), specifier)) {
          wrong.push(`${file} imports ${specifier}, which is not in the package.`);
        }
        continue;
      }
      if (PLATFORM.test(specifier) || builtinModules.includes(specifier)) continue;
      const name = packageOf(specifier);
      used.add(name);
      if (name !== manifest.name && !declared.has(name)) {
        wrong.push(`${file} imports ${specifier}, which is not among its dependencies.`);
      }
    }
  }
  const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
  for (const name of declared) {
    // An optional peer may be handed in by the app, and not be imported at all.
    if (used.has(name) || optional.includes(name)) continue;
    wrong.push(`It depends on ${name}, and imports it nowhere.`);
  }
  if (wrong.length > 0) throw new Complaint(`${manifest.name}:\n  ${wrong.join("\n  ")}`);
}

function publishedFiles(stage) {
  return readdirSync(stage, { recursive: true })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /^(dist|src)\/.*(\.js|\.mjs|\.d\.ts)$/.test(file));
}

function specifiersIn(file) {
  const text = readFileSync(file, "utf8");
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** A declaration imports `./x.js`, and means `./x.d.ts`. */
function leadsToFile(importer, specifier) {
  const target = resolve(dirname(importer), specifier);
  return existsSync(importer.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
}

function packageOf(specifier) {
  const [first, second] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
