"use client";

/** The people in a list; its owner can take them out. */

import type { List, Member, Person } from "@/lib/rows";
import { useMutator } from "@/lib/use-mutator";
import { Avatar } from "./avatar";
import { Button } from "./button";
import { usePerson } from "./session-provider";

interface MemberListProps {
  readonly list: List;
  readonly members: readonly Member[];
  readonly people: readonly Person[];
}

export function MemberList({ list, members, people }: MemberListProps) {
  const me = usePerson();
  const removeMember = useMutator("removeMember");
  const isOwner = list.ownerId === me?.id;
  return (
    <section aria-labelledby="people-heading" className="mt-6 border-t border-line pt-5">
      <h3 id="people-heading" className="text-sm font-medium text-soft">
        People
      </h3>
      <ul aria-labelledby="people-heading" className="mt-2">
        {members.map((member) => {
          const person = people.find(({ id }) => id === member.userId);
          const name = person?.name ?? "Someone";
          return (
            <li key={member.id} className="flex min-h-12 items-center gap-3">
              <Avatar
                name={name}
                color={person?.color ?? "var(--color-edge)"}
                className="size-8 text-sm"
              />
              <span className="min-w-0 flex-1">
                {name}
                {member.userId === me?.id && <span className="text-soft"> (you)</span>}
              </span>
              {member.role === "owner" ? (
                <span className="text-sm text-soft">owner</span>
              ) : (
                isOwner && (
                  <Button
                    look="quiet"
                    className="-mr-3"
                    aria-label={`Remove ${name}`}
                    onClick={() => void removeMember({ listId: list.id, userId: member.userId })}
                  >
                    Remove
                  </Button>
                )
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
