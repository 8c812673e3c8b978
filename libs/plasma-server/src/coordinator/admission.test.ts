import { describe, expect, it } from "vitest";
import { admit, MAX_SOCKETS_PER_PRINCIPAL, MAX_SOCKETS_PER_ROOM } from "./admission.ts";
import type { OpenSocket } from "./admission.ts";

function socketsOf(principal: string, count: number, firstOrder = 1): OpenSocket[] {
  return Array.from({ length: count }, (_, index) => ({ principal, order: firstOrder + index }));
}

function crowd(count: number): OpenSocket[] {
  return Array.from({ length: count }, (_, index) => ({
    principal: `person-${index}`,
    order: index + 1,
  }));
}

describe("admission to a room", () => {
  it("numbers sockets in the order of their arrival", () => {
    expect(admit([], "ada")).toEqual({ kind: "admitted", order: 1, displaced: [] });
    expect(admit(socketsOf("grace", 3, 5), "ada")).toMatchObject({ order: 8 });
  });

  it("gives a number above all others even when older sockets are gone", () => {
    expect(admit([{ principal: "ada", order: 41 }], "ada")).toMatchObject({ order: 42 });
  });

  it("lets a person hold as many sockets as the limit says", () => {
    const open = socketsOf("ada", MAX_SOCKETS_PER_PRINCIPAL - 1);
    expect(admit(open, "ada")).toMatchObject({ displaced: [] });
  });

  it("displaces the oldest socket of a person at the limit, wherever it stands in the list", () => {
    const open = socketsOf("ada", MAX_SOCKETS_PER_PRINCIPAL).reverse();
    expect(admit(open, "ada")).toMatchObject({ displaced: [{ principal: "ada", order: 1 }] });
  });

  it("displaces nobody else's socket", () => {
    const open = [...socketsOf("grace", 5), ...socketsOf("ada", MAX_SOCKETS_PER_PRINCIPAL, 6)];
    expect(admit(open, "ada")).toMatchObject({ displaced: [{ principal: "ada", order: 6 }] });
    expect(admit(open, "grace")).toMatchObject({ displaced: [] });
  });

  it("gets back to the limit when there are too many sockets already", () => {
    const open = socketsOf("ada", MAX_SOCKETS_PER_PRINCIPAL + 2);
    expect(admit(open, "ada")).toMatchObject({
      displaced: [{ order: 1 }, { order: 2 }, { order: 3 }],
    });
  });

  it("refuses a newcomer in a full room", () => {
    expect(admit(crowd(MAX_SOCKETS_PER_ROOM - 1), "ada").kind).toBe("admitted");
    expect(admit(crowd(MAX_SOCKETS_PER_ROOM), "ada")).toEqual({ kind: "room-full" });
  });

  it("lets a person at the limit replace a socket of theirs in a full room", () => {
    const open = [
      ...socketsOf("ada", MAX_SOCKETS_PER_PRINCIPAL),
      ...crowd(MAX_SOCKETS_PER_ROOM - MAX_SOCKETS_PER_PRINCIPAL),
    ];
    expect(admit(open, "ada")).toMatchObject({ kind: "admitted", displaced: [{ order: 1 }] });
  });
});
