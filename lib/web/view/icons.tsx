import type { ComponentChildren } from 'preact';

const icon = (shape: ComponentChildren) => () => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    {shape}
  </svg>
);

export const Back = icon(<path d="M12.500 4 6.500 10l6 6" />);
export const Close = icon(<path d="m5 5 10 10M15 5 5 15" />);
export const Compose = icon(
  <path d="M16 10.500V15a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h4.500M15.200 2.700a1.500 1.500 0 0 1 2.100 2.100L10.500 11.600 7.500 12.500l.9-3z" />,
);
export const Search = icon(
  <path d="M8.800 14.600a5.800 5.800 0 1 0 0-11.600 5.800 5.800 0 0 0 0 11.600zM13 13l4 4" />,
);
export const Send = icon(<path d="M3.500 10h6M3.500 10 2.500 3.500 17.500 10l-15 6.500z" />);
export const More = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="4.500" cy="10" r="1.500" />
    <circle cx="10" cy="10" r="1.500" />
    <circle cx="15.500" cy="10" r="1.500" />
  </g>,
);
export const Info = icon(
  <path d="M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10 9v5M10 6.200v.1" />,
);
export const Down = icon(<path d="M10 4v12M4.500 10.500 10 16l5.500-5.500" />);
export const Sent = icon(<path d="m4.500 10.500 3.500 3.500 7.500-8" />);
export const Read = icon(<path d="m1.500 10.500 3.500 3.500 7.500-8M9.500 13l1 1L18 6" />);
export const Clock = icon(<path d="M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6.500V10l2.500 1.500" />);
export const Alert = icon(
  <path d="M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10 6v5M10 13.700v.1" />,
);
export const People = icon(
  <path d="M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.500c0-2.800 2.300-4.500 5.500-4.500s5.500 1.700 5.500 4.500M13.500 9a2.600 2.600 0 0 0 0-5M15.500 12.300c1.600.6 2.500 2 2.500 4" />,
);
export const Plus = icon(<path d="M10 4v12M4 10h12" />);
export const Check = icon(<path d="m5 10.500 3.500 3.500L15 6.500" />);
export const Leave = icon(
  <path d="M8 3.500H5a1.500 1.500 0 0 0-1.500 1.500v10A1.500 1.500 0 0 0 5 16.500h3M8 10h9M13.500 6.500 17 10l-3.500 3.500" />,
);
export const Eye = icon(
  <path d="M1.800 10S4.800 4.500 10 4.500 18.200 10 18.200 10 15.200 15.500 10 15.500 1.800 10 1.800 10zM10 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z" />,
);
export const EyeOff = icon(
  <path d="M3 3l14 14M8.200 8.200a2.500 2.500 0 0 0 3.600 3.600M6 6.100C3.300 7.500 1.800 10 1.800 10S4.800 15.500 10 15.500c1.500 0 2.800-.4 4-1M9 4.600c.3-.1.700-.1 1-.1 5.200 0 8.200 5.500 8.200 5.500s-.6 1.200-1.900 2.500" />,
);
export const At = icon(
  <path d="M13.200 10a3.200 3.200 0 1 1-6.400 0 3.200 3.200 0 0 1 6.400 0zm0 0v1.200a2.150 2.150 0 0 0 4.300 0V10a7.500 7.500 0 1 0-3.200 6.150" />,
);
export const Pin = icon(<path d="M7 3h6l-.8 5.500 2.800 2.500v1.500H5V11l2.800-2.500zM10 12.500V17.500" />);
export const Reply = icon(<path d="M8 4.500 3 9.500l5 5M3.500 9.500H11c3.500 0 6 2.500 6 6" />);
export const Muted = icon(
  <path d="M15 11.500V9a5 5 0 0 0-7.300-4.400M5 8.500V12l-1.500 2.500h10M8.300 16.500a1.800 1.800 0 0 0 3.400 0M3 3l14 14" />,
);
export const Smile = icon(
  <path d="M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM6.800 11.800c.7 1.200 1.800 1.900 3.200 1.900s2.500-.7 3.200-1.900M7.500 7.800v.1M12.500 7.800v.1" />,
);
export const Attach = icon(
  <path d="M16 9.500 10.200 15.300a3.700 3.700 0 0 1-5.200-5.200l6.300-6.300a2.500 2.500 0 0 1 3.500 3.500l-6.200 6.200a1.200 1.200 0 0 1-1.700-1.700l5.300-5.300" />,
);
export const Paper = icon(
  <path d="M11.500 2.500H6A1.500 1.500 0 0 0 4.500 4v12A1.500 1.500 0 0 0 6 17.500h8a1.500 1.500 0 0 0 1.500-1.500V6.500zM11.500 2.500v4h4" />,
);
export const Download = icon(<path d="M10 3v9.500M5.500 8.500 10 13l4.500-4.500M3.500 17h13" />);
export const Next = icon(<path d="m7.500 4 6 6-6 6" />);
export const Previous = icon(<path d="m12.500 4-6 6 6 6" />);
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" />
    <path d="M10.500 8.500h11A3 3 0 0 1 24.500 11.500v6.500a3 3 0 0 1-3 3h-5.300l-4.400 3.400c-.5.4-1.100 0-1.100-.6V21h-.2a3 3 0 0 1-3-3v-6.500a3 3 0 0 1 3-3z" />
  </svg>
);
