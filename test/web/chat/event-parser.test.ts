import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventParser, type StreamEvent } from '../../../src/web/chat/event-parser.ts';

function parse(pieces: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const read = createEventParser((event) => events.push(event));
  for (const piece of pieces) read(piece);
  return events;
}

describe('the event stream parser', () => {
  it('reads events, ids that last, comments and data of several lines', () => {
    const text = ': hello\n\nid: 7\nevent: line\ndata: {"a":1}\n\ndata: one\ndata:two\n\nevent: ready\n\nid\ndata\n\n';
    expect(parse([text])).toEqual([
      { event: 'line', data: '{"a":1}', lastEventId: '7' },
      { event: 'message', data: 'one\ntwo', lastEventId: '7' },
      { event: 'message', data: '', lastEventId: '' },
    ]);
  });

  it('gives nothing for an event that is not complete', () => {
    expect(parse(['id: 1\ndata: x\n'])).toEqual([]);
  });

  it('reads the same wherever the stream is cut and whatever ends its lines', () => {
    const anyEvents = fc.array(fc.record({ id: fc.nat(), data: fc.stringMatching(/^[^\r\n\0]{0,20}$/) }), {
      maxLength: 6,
    });
    const lineEnds = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(anyEvents, lineEnds, fc.array(fc.nat({ max: 200 }), { maxLength: 20 }), (events, end, cuts) => {
        const text = events
          .map(({ id, data }) => [`id: ${id}`, 'event: line', `data: ${data}`, '', ''].join(end))
          .join('');
        const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
        const pieces = places.slice(1).map((to, index) => text.slice(places[index], to));
        // A line that ends in a bare CR is known to end only when more comes.
        const read = parse([...pieces, ':']);
        expect(read).toEqual(events.map(({ id, data }) => ({ event: 'line', data, lastEventId: String(id) })));
      }),
    );
  });
});
