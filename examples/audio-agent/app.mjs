// A raw audio agent: it answers each turn with a tone, as an agent of one's own would with its voice. See docs/audio-socket.md.
import { WebSocketServer } from 'ws';

const port = Number(process.env.PORT ?? 3000);
const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
server.on('listening', () => process.stdout.write(`the agent listens at ws://127.0.0.1:${port}\n`));

server.on('connection', (socket) => {
  const send = (message) => socket.send(JSON.stringify(message));
  let samplesPerMs = 16;
  let spokenMs = 0;
  let silentMs = 0;
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
  socket.on('message', (data, isBinary) => {
    if (isBinary) listen(new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)));
    else control(JSON.parse(String(data)));
  });

  function control({ type, rateHz, digit }) {
    if (type === 'start') {
      samplesPerMs = rateHz / 1000;
      socket.send(tone(660, 600)); // The greeting.
    } else if (type === 'digit' && digit === '#') send({ type: 'hangup' });
    else if (type === 'digit') send({ type: 'flush' }); // Forgets what is not heard yet.
  }

  /** The caller's turn is over half a second after it was loud for a fifth of one. */
  function listen(samples) {
    const ms = samples.length / samplesPerMs;
    const isLoud = samples.some((sample) => Math.abs(sample) > 1500);
    spokenMs += isLoud ? ms : 0;
    silentMs = isLoud ? 0 : silentMs + ms;
    if (spokenMs < 200 || silentMs < 500) return;
    spokenMs = 0;
    send({ type: 'thinking' }); // The flow's thinking sound may begin.
    socket.send(tone(880, 1000)); // All at once: Patchbay plays it in real time.
  }

  function tone(hz, ms) {
    const at = (index) => 8000 * Math.sin((2 * Math.PI * hz * index) / (1000 * samplesPerMs));
    return Buffer.from(Int16Array.from({ length: ms * samplesPerMs }, (_, index) => at(index)).buffer);
  }
});
