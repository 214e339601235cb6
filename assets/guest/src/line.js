// Two ways to carry the same messages: a WebSocket, and, where a browser refuses it, one streamed
// answer down with ordered POSTs up. Both take {opened, heard, closed} and give {say, close}.

const OPEN_MILLIS = 5000;
const MAX_SAID = 64;
const CLOSE = 8;

/** A WebSocket. `hello` is said first; `closed` is called once, with whether it was ever open. */
export const socketLine = (hello, { heard, closed }) => {
  let wasOpen = false;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    closed(wasOpen);
    socket?.close();
  };
  // Some networks swallow the handshake: then the other way is tried.
  const timer = setTimeout(() => wasOpen || end(), OPEN_MILLIS);
  let socket;
  try {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/room`);
  } catch {
    queueMicrotask(end);
    return { say() {}, close: end };
  }
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(hello);
  socket.onmessage = ({ data }) => {
    wasOpen = true;
    if (!isOver) heard(data);
  };
  socket.onclose = socket.onerror = end;
  return {
    say: (message) => socket.readyState === 1 && socket.send(message),
    close: end,
  };
};

/** Cuts a row of frames (opcode, four bytes of length, payload) out of chunks of any size. */
export const frameReader = (onFrame) => {
  let rest = new Uint8Array();
  return (chunk) => {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    let at = 0;
    while (all.length - at >= 5) {
      const size = new DataView(all.buffer, at + 1, 4).getUint32(0);
      if (all.length - at - 5 < size) break;
      onFrame(all[at], all.slice(at + 5, at + 5 + size));
      at += 5 + size;
    }
    rest = all.slice(at);
  };
};

/** The streamed way. Messages that wait go in one POST; one POST is under way at a time. */
export const streamedLine = (hello, { heard, closed }) => {
  const stop = new AbortController();
  const waiting = [];
  const text = new TextDecoder();
  let name;
  let no = 0;
  let isSaying = false;
  let isOver = false;
  let wasOpen = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    stop.abort();
    closed(wasOpen);
  };
  const post = (path, headers, body) =>
    fetch(path, { method: 'POST', headers, body, signal: stop.signal, cache: 'no-store', credentials: 'omit' });
  const pump = async () => {
    if (isSaying || !name || !waiting.length) return;
    isSaying = true;
    const batch = waiting.splice(0, MAX_SAID);
    no += 1;
    // A POST that got lost is said again under its number: it counts once.
    for (let attempt = 0; ; attempt += 1) {
      try {
        const headers = { 'content-type': 'text/plain', 'x-jamlight-line': name, 'x-jamlight-no': `${no}` };
        const answer = await post('/room/say', headers, batch.join('\n'));
        if (!answer.ok) throw answer.status;
        break;
      } catch (problem) {
        if (isOver || attempt >= 2 || typeof problem === 'number') return end();
      }
    }
    isSaying = false;
    pump();
  };
  const read = frameReader((opcode, payload) => {
    if (isOver || opcode > 2) return opcode === CLOSE && end();
    wasOpen = true;
    heard(opcode === 1 ? text.decode(payload) : payload.buffer);
  });
  const open = async () => {
    const answer = await post('/room/stream', { 'content-type': 'application/json' }, hello);
    name = answer.headers.get('x-jamlight-line');
    if (!answer.ok || !name) return;
    pump();
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isOver) return;
      read(value);
    }
  };
  open().then(end, end);
  return {
    say: (message) => {
      waiting.push(message);
      pump();
    },
    close: end,
  };
};
