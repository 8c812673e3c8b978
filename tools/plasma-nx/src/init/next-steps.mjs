/** What is printed when all is written. */

export function nextSteps({ app, importPath, worker, domain, names, skipInstall }) {
  const provider = app
    ? `
Put the provider around your app, and ask for rows below it:

  import { AppPlasma } from "…/plasma/app-plasma";          (${app.folder}/app-plasma.tsx)
  <AppPlasma userId="ada">…</AppPlasma>

  const { data } = useLiveQuery((db) => allNotes(db), []);   (from @sh1n4ps/plasma-react and ${importPath})
  const { mutate } = useMutation<AppMutators, "addNote">("addNote");
`
    : "";
  return `
plasma is in this workspace: ${domain} (tables, mutators, queries) and ${worker} (the sync worker).
${skipInstall ? "\nInstall the packages first: what is new is in package.json.\n" : ""}
  npx nx serve ${names.worker}     the worker on http://localhost:8787
  npx nx test ${names.domain}      the tests that came with it
  npx nx g @sh1n4ps/plasma-nx:plasma-table projects name:text
${provider}
Before it goes on the internet:

  - Replace personOf() in ${worker}/src/auth.ts with your sessions. Until then nobody can sign in but on this machine.
  - Name your app's address in APP_ORIGINS of ${worker}/wrangler.jsonc, and the database that
    \`npx wrangler d1 create ${names.worker}\` makes.
`;
}
