import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitContent } from '../../../src/channels/shared/split-content.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { OutboundContent } from '../../../src/domain/message.ts';
import type { Capabilities } from '../../../src/ports/channel.ts';

const full: Capabilities = {
  buttons: { max: 3, labelLength: 20 },
  lists: { max: 10, labelLength: 24, descriptionLength: 72 },
  textLength: 100,
  captionLength: 30,
  media: { photo: { maxBytes: 1 }, document: { maxBytes: 1 }, sticker: { maxBytes: 1 } },
  edits: true,
  typing: true,
};
const plain: Capabilities = { ...full, buttons: null, lists: null, media: {} };
const choices = (...labels: string[]) => labels.map((label, index) => ({ id: `c${index}`, label }));
const photo = (caption: string): OutboundContent => ({
  type: 'media',
  kind: 'photo',
  blobId: toId('b'),
  fileName: 'a.jpg',
  caption,
});

describe('splitContent', () => {
  it('keeps choices the channel has buttons or a list for', () => {
    const asButtons: OutboundContent = { type: 'text', text: 'Which?', choices: choices('A', 'B') };
    const asList: OutboundContent = { type: 'text', text: 'Which?', choices: choices('A', 'B', 'C', 'D') };
    expect(splitContent(asButtons, full)).toEqual([asButtons]);
    expect(splitContent(asList, full)).toEqual([asList]);
  });

  it('writes a numbered list where there are no buttons, too many of them, or labels that would be cut off', () => {
    const text = 'كيف نخدمكم؟\n\n1. طلب مساعدة\n2. سؤال';
    const two = choices('طلب مساعدة', 'سؤال');
    expect(splitContent({ type: 'text', text: 'كيف نخدمكم؟', choices: two }, plain)).toEqual([{ type: 'text', text }]);
    const labels = Array.from({ length: 11 }, (_, index) => `L${index}`);
    const [many] = splitContent({ type: 'text', text: '?', choices: choices(...labels) }, full);
    expect(many).toEqual({ type: 'text', text: expect.stringContaining('11. L10') as string });
    const [long] = splitContent({ type: 'text', text: '?', choices: choices('x'.repeat(25)) }, full);
    expect(long).toEqual({ type: 'text', text: `?\n\n1. ${'x'.repeat(25)}` });
  });

  it('puts descriptions into the numbered list', () => {
    const described = [{ id: 'a', label: 'A', description: 'the first' }];
    expect(splitContent({ type: 'text', text: '?', choices: described }, plain)).toEqual([
      { type: 'text', text: '?\n\n1. A - the first' },
    ]);
  });

  it('puts the choices under the last part of a long text', () => {
    const text = `${'a'.repeat(90)}. ${'b'.repeat(90)}`;
    expect(splitContent({ type: 'text', text, choices: choices('A') }, full)).toEqual([
      { type: 'text', text: `${'a'.repeat(90)}.` },
      { type: 'text', text: 'b'.repeat(90), choices: choices('A') },
    ]);
  });

  it('gives choices something to stand under, and sends no blank text', () => {
    expect(splitContent({ type: 'text', text: ' ', choices: choices('A') }, full)).toEqual([
      { type: 'text', text: '…', choices: choices('A') },
    ]);
    expect(splitContent({ type: 'text', text: ' \n' }, full)).toEqual([]);
  });

  it('sends a caption that is too long as text after the file', () => {
    expect(splitContent(photo('short'), full)).toEqual([photo('short')]);
    expect(splitContent(photo('long '.repeat(10)), full)).toEqual([
      { type: 'media', kind: 'photo', blobId: 'b', fileName: 'a.jpg' },
      { type: 'text', text: 'long '.repeat(10).trim() },
    ]);
  });

  it('sends a file of a kind the channel lacks as a document, or names it', () => {
    const video = { ...photo('look'), kind: 'video' } as OutboundContent; // Still media: only its kind differs.
    expect(splitContent(video, full)).toMatchObject([{ kind: 'document', caption: 'look' }]);
    expect(splitContent(video, plain)).toEqual([{ type: 'text', text: 'look\n📎 a.jpg' }]);
  });

  it('takes out what no platform takes', () => {
    expect(splitContent({ type: 'text', text: 'a\u0000b\uD800c\td\ne\u200F' }, full)).toEqual([
      { type: 'text', text: 'ab\uFFFDc\td\ne\u200F' },
    ]);
  });

  it('keeps phone numbers readable in Arabic', () => {
    expect(splitContent({ type: 'text', text: 'اتصلوا بنا: 050 123 4567.' }, full)).toEqual([
      { type: 'text', text: 'اتصلوا بنا: \u2066050 123 4567\u2069.' },
    ]);
  });

  it('changes nothing when done again, and keeps every text within the limits', () => {
    const someText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('ماء ', 'word. ', '+966 50 123 4567 ', '\n', 'https://a.b/c '), { maxLength: 40 })
        .map((words) => words.join('')),
    );
    const someChoices = fc.array(fc.record({ id: fc.string({ minLength: 1, maxLength: 5 }), label: someText }), {
      maxLength: 12,
    });
    const content: fc.Arbitrary<OutboundContent> = fc.oneof(
      fc.record({ type: fc.constant('text' as const), text: someText, choices: someChoices }),
      someText.map(photo),
    );
    fc.assert(
      fc.property(content, fc.constantFrom(full, plain), (whole, capabilities) => {
        const parts = splitContent(whole, capabilities);
        for (const part of parts) {
          expect(splitContent(part, capabilities)).toEqual([part]);
          if (part.type === 'text') expect(part.text.length).toBeLessThanOrEqual(capabilities.textLength);
          if (part.type === 'media') expect(part.caption?.length ?? 0).toBeLessThanOrEqual(capabilities.captionLength);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
