/** In place of what somebody wrote whom the user has blocked. */
export const BlockedMessage = (props: { readonly seq: number; readonly onShow: () => void }) => (
  <li class="message theirs from-blocked" data-seq={props.seq} tabIndex={-1}>
    <p class="meta">
      Message of somebody you blocked{' '}
      <button type="button" class="link-button" tabIndex={-1} onClick={props.onShow}>
        Show
      </button>
    </p>
  </li>
);
