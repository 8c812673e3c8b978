/** The limit: passes each message on to all the other sockets, and does nothing else. A process of its own. */
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("connection", (sender) => {
  sender.on("message", (message) => {
    for (const socket of server.clients) {
      if (socket !== sender && socket.readyState === WebSocket.OPEN) socket.send(String(message));
    }
  });
});
server.on("listening", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit(0));
