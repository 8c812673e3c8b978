/**
 * `next build`, and then no page has an inline script: what Next writes into its pages goes into files, so that the
 * content security policy need not allow inline scripts. (Hashes in the policy would do too, but they differ from page
 * to page and are known only when the headers are written already.)
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const built = join(here, ".next");
/** Below /_next/static, where everything is hashed: kept for good by browsers, and by the service worker. */
const FOLDER = "static/inline";

/** Neighbours become one file: they run one after the other either way. */
const INLINE = /(?:<script>[^]*?<\/script>)+/g;
/** Data is no script: `type="application/json"`. */
const LEFT = /<script(?![^>]*\ssrc=)(?![^>]*\stype="application\/[^"]*json")[^>]*>/;

const nextCli = createRequire(import.meta.url).resolve("next/dist/bin/next");
const { status } = spawnSync(process.execPath, [nextCli, "build"], { cwd: here, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

mkdirSync(join(built, FOLDER), { recursive: true });
for (const path of readdirSync(join(built, "server"), { recursive: true })) {
  if (path.endsWith(".html")) moveInlineScripts(join(built, "server", path));
}

function moveInlineScripts(page) {
  const html = readFileSync(page, "utf8").replace(INLINE, (scripts) => {
    const code = scripts
      .slice("<script>".length, -"</script>".length)
      .replaceAll("</script><script>", ";\n");
    const name = `${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`;
    writeFileSync(join(built, FOLDER, name), code);
    return `<script src="/_next/${FOLDER}/${name}"></script>`;
  });
  const [left] = LEFT.exec(html) ?? [];
  if (left) {
    console.error(`${page} has a script of another form than is known here: ${left}`);
    process.exit(1);
  }
  writeFileSync(page, html);
}
