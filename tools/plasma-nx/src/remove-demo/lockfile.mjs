/** Dependencies that are no more, in the lockfile: so that what it names is what the packages ask for. */

const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** `gone`: the names of packages by the folder of the one that asked for them. */
export function withoutDependencies(lockfile, gone) {
  const packages = structuredClone(lockfile.packages);
  const unasked = [];
  for (const [folder, names] of Object.entries(gone)) {
    for (const name of names) {
      for (const kind of KINDS) delete packages[folder]?.[kind]?.[name];
      unasked.push(name);
    }
    for (const kind of KINDS) {
      const asked = packages[folder]?.[kind];
      if (asked && Object.keys(asked).length === 0) delete packages[folder][kind];
    }
  }
  for (let name = unasked.pop(); name !== undefined; name = unasked.pop()) {
    if (Object.values(packages).some((entry) => asksFor(entry, name))) continue;
    for (const [path, entry] of Object.entries(packages)) {
      if (!path.endsWith(`node_modules/${name}`)) continue;
      delete packages[path];
      unasked.push(...Object.keys(entry.dependencies ?? {}));
    }
  }
  return { ...lockfile, packages };
}

function asksFor(entry, name) {
  return KINDS.some((kind) => Object.hasOwn(entry[kind] ?? {}, name));
}
