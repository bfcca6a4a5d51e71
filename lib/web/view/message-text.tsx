import { useState } from 'preact/hooks';
import { linkify } from './linkify.ts';

/** Longer ones are cut until one asks for the rest: a message has up to 10,000 characters. */
const CUT_CHARACTERS = 1500;
const CUT_LINES = 25;

const onlyEmoji = /^\p{RGI_Emoji}{1,3}$/v;

/** As much of a text as is shown at first. */
const beginningOf = (text: string): string => {
  const lines = text.split('\n', CUT_LINES + 1);
  const byLines = lines.length > CUT_LINES ? lines.slice(0, CUT_LINES).join('\n') : text;
  if (byLines.length <= CUT_CHARACTERS) return byLines;
  // Not through the middle of a word, nor of a character that takes two units.
  return (
    /^.*(?=\s)/s.exec(byLines.slice(0, CUT_CHARACTERS))?.[0] ??
    Array.from(byLines).slice(0, CUT_CHARACTERS).join('')
  );
};

/** What somebody wrote: characters and nothing else, with links where there are addresses. */
export const MessageText = ({ text }: { readonly text: string }) => {
  const [whole, setWhole] = useState(false);
  const beginning = beginningOf(text);
  const isCut = beginning.length < text.length - 200;
  const shown = isCut && !whole ? `${beginning.trimEnd()}…` : text;
  return (
    <>
      <p class={`text ${onlyEmoji.test(text) ? 'emoji' : ''}`} dir="auto">
        {linkify(shown).map(({ text, href }, index) =>
          href === undefined ? (
            text
          ) : (
            <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
              {text}
            </a>
          ),
        )}
      </p>
      {isCut && (
        <button type="button" class="link-button" tabIndex={-1} onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : 'Show all'}
        </button>
      )}
    </>
  );
};
