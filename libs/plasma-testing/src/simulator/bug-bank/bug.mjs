/** A planted bug in few words: its name, and what it replaces in the server and in the client. */

export const bug = (name, ...edits) => ({ name, edits });

export const server = (path, find, replace) => edit("plasma-server", path, { find, replace });
export const client = (path, find, replace) => edit("plasma-client", path, { find, replace });

function edit(lib, path, { find, replace }) {
  return { file: `${lib}/src/${path}.ts`, find, replace };
}
