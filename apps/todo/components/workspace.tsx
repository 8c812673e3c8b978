"use client";

/**
 * The lists and the list that is open, side by side; on a phone one of the two, by the address. Without a choice the
 * first list stands open beside the others.
 */

import { myLists } from "@plasma-starter/todo-domain";
import { useLiveQuery, useSyncStatus } from "@sh1n4ps/plasma-react";
import { useRef } from "react";
import { useFocusAfterSwitch } from "@/lib/use-focus-after-switch";
import { useSelectedList } from "@/lib/use-selected-list";
import { ListView } from "./list-view";
import { ListsNav } from "./lists-nav";
import { NoSuchList } from "./no-such-list";
import { RefusedChanges } from "./refused-changes";
import { Welcome } from "./welcome";
import { WorkspaceSkeleton } from "./workspace-skeleton";

export function Workspace() {
  const { data: lists, status } = useLiveQuery(myLists, []);
  const { connection } = useSyncStatus();
  const selectedId = useSelectedList();
  const main = useRef<HTMLElement>(null);
  useFocusAfterSwitch(main, selectedId);
  const list = selectedId === null ? lists[0] : lists.find(({ id }) => id === selectedId);

  // Offline there is nothing to wait for: a first list can be made all the same.
  if (lists.length === 0 && status !== "complete" && connection !== "offline")
    return <WorkspaceSkeleton />;
  return (
    <main
      ref={main}
      id="content"
      tabIndex={-1}
      className="mx-auto grid max-w-6xl items-start gap-x-10 px-4 pt-5 pb-16 outline-none sm:px-6 md:grid-cols-[16rem_minmax(0,1fr)] md:pt-9"
    >
      <div className="md:col-span-2">
        <RefusedChanges />
      </div>
      <div className={selectedId === null ? "" : "max-md:hidden"}>
        <ListsNav lists={lists} currentId={list?.id ?? null} />
      </div>
      <div className={selectedId === null && list ? "max-md:hidden" : ""}>
        {list ? (
          <ListView key={list.id} list={list} />
        ) : selectedId === null ? (
          <Welcome isLoaded={status === "complete"} />
        ) : (
          <NoSuchList isKnown={status === "complete"} />
        )}
      </div>
    </main>
  );
}
