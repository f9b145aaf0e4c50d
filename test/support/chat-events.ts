export interface ReadEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: unknown;
}

/** Reads an event stream by the specification's rules until it ends; ends by itself when its connection does. */
export async function* readEvents(response: Response): AsyncGenerator<ReadEvent> {
  if (!response.body) return;
  let buffer = '';
  let event = 'message';
  let id: string | null = null;
  let data: string[] = [];
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      buffer += piece;
      const lines = buffer.split('\n');
      buffer = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event, id, data: JSON.parse(data.join('\n')) as unknown };
          event = 'message';
          data = [];
        } else if (!line.startsWith(':')) {
          const [field = '', value = ''] = line.split(/: ?(.*)/s);
          if (field === 'event') event = value;
          if (field === 'id') id = value;
          if (field === 'data') data.push(value);
        }
      }
    }
  } catch {
    // The connection was cut.
  }
}
