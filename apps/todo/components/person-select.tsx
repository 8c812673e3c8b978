"use client";

/** Switches the demo account of this window. */

import { demoPeople } from "@plasma-starter/todo-domain";
import { isPersonId, person } from "@/lib/person";
import { openList } from "@/lib/use-selected-list";
import { Avatar } from "./avatar";
import { Icon } from "./icon";
import { usePerson } from "./session-provider";

export function PersonSelect() {
  const me = usePerson();
  const viewAs = (id: string) => {
    if (!isPersonId(id)) return;
    person.set(id);
    openList(null);
  };
  return (
    <label className="relative flex items-center">
      <span className="sr-only">View as</span>
      <span className="pointer-events-none absolute left-1.5">
        <Avatar name={me?.name ?? ""} color={me?.color ?? "var(--color-edge)"} />
      </span>
      <select
        value={me?.id ?? ""}
        disabled={!me}
        onChange={(event) => viewAs(event.target.value)}
        className="h-10 w-29 appearance-none rounded-full border border-line bg-surface pr-7 pl-10 text-sm font-medium hover:border-edge"
      >
        {!me && <option value="">…</option>}
        {demoPeople.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="down" className="pointer-events-none absolute right-2.5 size-4 text-soft" />
    </label>
  );
}
