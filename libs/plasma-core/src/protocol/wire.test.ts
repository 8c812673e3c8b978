import { describe, expect, it } from "vitest";
import {
  CLIENT_GROUP_ID_HEADER,
  CLIENT_ID_HEADER,
  PROTOCOL_VERSION,
  SOCKET_PROTOCOL,
  TICKET_PROTOCOL_PREFIX,
} from "./wire.ts";

describe("the names on the wire", () => {
  it("stay as they are: clients and servers of other versions use them", () => {
    expect({
      PROTOCOL_VERSION,
      CLIENT_ID_HEADER,
      CLIENT_GROUP_ID_HEADER,
      SOCKET_PROTOCOL,
      TICKET_PROTOCOL_PREFIX,
    }).toEqual({
      PROTOCOL_VERSION: 1,
      CLIENT_ID_HEADER: "x-plasma-client-id",
      CLIENT_GROUP_ID_HEADER: "x-plasma-client-group-id",
      SOCKET_PROTOCOL: "plasma.v1",
      TICKET_PROTOCOL_PREFIX: "plasma.ticket.",
    });
  });

  it("are valid where they travel: header names in lower case, subprotocols as HTTP tokens", () => {
    const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
    for (const name of [
      CLIENT_ID_HEADER,
      CLIENT_GROUP_ID_HEADER,
      SOCKET_PROTOCOL,
      TICKET_PROTOCOL_PREFIX,
    ]) {
      expect(name).toMatch(token);
    }
  });
});
