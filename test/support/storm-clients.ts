// Many cheap clients in a process of their own, which connect anew as soon as they are cut:
// `bun storm-clients.ts <url> <count>`. It prints `joined` whenever all of them have joined the namespace once more,
// and `heard` whenever each has got another event.

const [url = "", given = "0"] = process.argv.slice(2);
const count = Number(given);
const endpoint = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
const RETRY_MS = 100;

let joined = 0;
let heard = 0;

function connect(): void {
  const socket = new WebSocket(endpoint);
  let isIn = false;
  socket.onmessage = ({ data }) => {
    if (data === "2") {
      socket.send("3");
    } else if (data.startsWith("0")) {
      socket.send("40");
    } else if (data.startsWith("40")) {
      isIn = true;
      joined++; // not how many are in: the first may be back before the last is cut
      if (joined % count === 0) console.log("joined");
    } else if (data.startsWith("42")) {
      heard++;
      if (heard % count === 0) console.log("heard");
    }
  };
  socket.onclose = () => {
    if (isIn) {
      connect(); // at once, as one that was cut
    } else {
      setTimeout(connect, RETRY_MS);
    }
  };
}

for (let index = 0; index < count; index++) connect();
