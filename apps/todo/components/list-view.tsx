"use client";

/** One list: its header, its todos, and the line to write the next one. */

import { todosOfList } from "@plasma-starter/todo-domain";
import type { TodoFilter } from "@plasma-starter/todo-domain";
import { useLiveQuery } from "@sh1n4ps/plasma-react";
import { useState } from "react";
import type { List } from "@/lib/rows";
import { AddTodo } from "./add-todo";
import { EmptyList } from "./empty-list";
import { ListHeader } from "./list-header";
import { TodoFilterBar } from "./todo-filter-bar";
import { TodoList } from "./todo-list";

export function ListView({ list }: { readonly list: List }) {
  const { data: todos, status } = useLiveQuery((db) => todosOfList(db, list.id), [list.id]);
  const [filter, setFilter] = useState<TodoFilter>("all");
  const shown = filter === "all" ? todos : todos.filter(({ done }) => done === (filter === "done"));

  return (
    <article aria-labelledby="list-name">
      <ListHeader list={list} />
      <TodoFilterBar listId={list.id} todos={todos} filter={filter} onFilter={setFilter} />
      {shown.length > 0 ? (
        <TodoList todos={todos} shown={shown} />
      ) : (
        status !== "loading" && <EmptyList filter={filter} hasTodos={todos.length > 0} />
      )}
      <AddTodo
        listId={list.id}
        todos={todos}
        onAdded={() => setFilter((now) => (now === "done" ? "all" : now))}
      />
    </article>
  );
}
