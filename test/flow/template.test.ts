import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/domain/effect.ts';
import { isolate } from '../../src/flow/isolate.ts';
import { compileTemplate } from '../../src/flow/template.ts';

const facts: Readonly<Record<string, string>> = {
  'org.name': 'جمعية سقيا',
  'org.phone': '+966 14 000 0000',
  'org.empty': ' ',
};

function fill(source: string, values: Readonly<Record<string, Json>> = {}, language = 'ar'): string {
  const compiled = compileTemplate(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.template.render({
    value: (path) => values[path],
    fact: (name) => facts[name],
    language,
    timeZone: 'Asia/Riyadh',
  });
}

describe('a template', () => {
  it('isolates what people typed, by its first strong letter', () => {
    expect(fill('أهلاً {{name}}!', { name: 'Sara' })).toBe('أهلاً \u2068Sara\u2069!');
  });

  it.each([
    '+966 50 123 4567',
    'W-1000009',
    '1012345672',
    'SA03 8000 0000 6080 1016 7519',
    'a@b.sa',
    'https://example.org/x',
  ])('keeps %s left to right', (value) => {
    expect(fill('رقمك {{value}}', { value })).toBe(`رقمك \u2066${value}\u2069`);
  });

  it('strips marks that steer direction from what people typed', () => {
    expect(isolate('\u202Eevil\u2069\u2066')).toBe('\u2068evil\u2069');
  });

  it('reads no placeholder in what people typed', () => {
    expect(fill('{{name}}', { name: '{{org.phone}} $t(engine:failure)' })).toBe(
      '\u2068{{org.phone}} $t(engine:failure)\u2069',
    );
  });

  it.each([
    ['أولاً. دوامنا {{org.hours}}. أخيراً.', 'أولاً. أخيراً.'],
    ['هل تعرف {{org.hours}}؟ نعم.', 'نعم.'],
    ['سطر\n{{org.hours}} سطر\nآخر', 'سطر\nآخر'],
    ['سطر\n\nالدوام: {{org.hours}}\nالهاتف: {{org.phone}}', 'سطر\n\nالهاتف: \u2066+966 14 000 0000\u2069'],
    ['{{org.hours}}', ''],
    ['{{org.empty}}', ''],
    ['1. دوامنا {{org.hours}}\n2. هاتفنا', '2. هاتفنا'],
    ['زر www.example.org. ثم {{org.hours}}.', 'زر www.example.org.'],
    ['المبلغ 3.5 ريال. {{org.hours}}', 'المبلغ 3.5 ريال.'],
    ['«{{org.hours}}.» بعده.', 'بعده.'],
  ])('leaves the sentence without a value out of %j', (source, expected) => {
    expect(fill(source)).toBe(expected);
  });

  it.each([
    ['{{n}}', { n: 5 }, '5'],
    ['{{n}}', { n: 0 }, '0'],
    ['{{b}}', { b: true }, 'نعم'],
    ['{{l}}', { l: ['ماء', 'برادة'] }, '\u2068ماء\u2069 و\u2068برادة\u2069'],
    ['{{d | date}}', { d: '2026-03-16' }, '16 مارس 2026'],
    ['{{d | time}}', { d: '2026-03-16T05:00:00Z' }, '8:00 ص'],
    ['{{d | when}}', { d: '2026-03-16T05:00:00Z' }, 'الاثنين 8:00 ص'],
    ['{{d | date}}', { d: 'غداً' }, '\u2068غداً\u2069'],
  ])('shows %s of %j', (source, values, expected) => {
    expect(fill(source, values)).toBe(expected);
  });

  it.each(['{{name', 'name}}', '{{ }}', '{{a b}}', '{{a | b | c}}', '{{a | upper}}', '{{1a}}'])(
    'refuses %s',
    (source) => {
      expect(compileTemplate(source).ok).toBe(false);
    },
  );
});
