"use client";

/** The name of the list, who is in it, and what can be done with all of it. */

import { membersOfList, people } from "@plasma-starter/todo-domain";
import { useLiveQuery } from "@sh1n4ps/plasma-react";
import { useState } from "react";
import type { List } from "@/lib/rows";
import { openList } from "@/lib/use-selected-list";
import { Avatar } from "./avatar";
import { Button } from "./button";
import { Icon } from "./icon";
import { LeaveList } from "./leave-list";
import { DeleteList } from "./delete-list";
import { ListName } from "./list-name";
import { usePerson } from "./session-provider";
import { ShareDialog } from "./share-dialog";

export function ListHeader({ list }: { readonly list: List }) {
  const me = usePerson();
  const { data: members } = useLiveQuery((db) => membersOfList(db, list.id), [list.id]);
  const { data: everyone } = useLiveQuery(people, []);
  const [isSharing, setIsSharing] = useState(false);
  const isOwner = list.ownerId === me?.id;
  const inList = members.flatMap((member) => everyone.find(({ id }) => id === member.userId) ?? []);

  return (
    <header className="mb-5">
      <Button look="quiet" className="-ml-3 mb-1 md:hidden" onClick={() => openList(null)}>
        <Icon name="back" />
        All lists
      </Button>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <ListName list={list} canRename={isOwner} />
        <div className="flex min-h-11 items-center gap-2">
          <ul aria-label="Members" className="flex -space-x-2 pr-1">
            {inList.map(({ id, name, color }) => (
              <li key={id} title={name} className="rounded-full ring-2 ring-paper">
                <Avatar name={name} color={color} className="size-8 text-sm" />
                <span className="sr-only">{name}</span>
              </li>
            ))}
          </ul>
          <Button onClick={() => setIsSharing(true)}>
            <Icon name="share" />
            Share list
          </Button>
          {isOwner ? <DeleteList list={list} /> : <LeaveList list={list} />}
        </div>
      </div>
      <ShareDialog
        list={list}
        members={members}
        people={everyone}
        isOpen={isSharing}
        onClose={() => setIsSharing(false)}
      />
    </header>
  );
}
