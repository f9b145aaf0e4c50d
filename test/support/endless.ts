import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Answers with a picture that never ends, until the other side hangs up. */
export function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'image/jpeg' });
  const source = Readable.from(
    (function* () {
      yield Buffer.from([0xff, 0xd8, 0xff]);
      for (;;) yield Buffer.alloc(65_536);
    })(),
  );
  response.once('close', () => source.destroy());
  source.pipe(response);
}
