// One connection for all tabs of a browser: over HTTP/1.1 it opens six to a server, no more.

import { Hub } from "./hub.js";

const hub = new Hub(new URL(location.href).searchParams.get("root"));

self.onconnect = ({ ports: [port] }) => {
  const send = (message) => port.postMessage(message);
  port.onmessage = ({ data }) => (data ? hub.follow(send, data.topics, data.runs) : hub.leave(send));
};
