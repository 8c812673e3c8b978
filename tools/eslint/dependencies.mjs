/**
 * Who may import whom: `core ← client ← react`, `core ← server`, `core ← domain ← apps`. Nobody
 * but the tests of the whole (`scope:testing`) knows client and server together.
 */
export const depConstraints = [
  only("scope:core", []),
  only("scope:client", ["scope:core"]),
  only("scope:react", ["scope:core", "scope:client"]),
  only("scope:server", ["scope:core"]),
  // Its tests alone know `scope:testing`, which has the simulator.
  only("scope:domain", ["scope:core", "scope:testing"]),
  only("scope:testing", ["scope:core", "scope:client", "scope:server"]),
  only("scope:web", ["scope:core", "scope:client", "scope:react", "scope:domain"]),
  only("scope:worker", ["scope:core", "scope:server", "scope:domain"]),
  only("scope:e2e", ["scope:core", "scope:domain", "scope:worker"]),
  only("type:lib", []),
  { sourceTag: "type:app", onlyDependOnLibsWithTags: ["type:lib"] },
  // The end-to-end tests start the worker themselves, to kill it and start it again; they know its
  // protocol and the app's rows, but not our client, which is what they test.
  { sourceTag: "type:e2e", onlyDependOnLibsWithTags: ["type:app", "type:lib"] },
];

function only(tag, others) {
  return { sourceTag: tag, onlyDependOnLibsWithTags: [tag, ...others] };
}
