/** The page's CSRF token, which a new sign-in in another tab makes worthless. */

const meta = () => document.querySelector("meta[name=csrf-token]");

/** @returns {string} */
export function csrfToken() {
  return meta()?.content ?? "";
}

/**
 * After signing in again: fetch this page anew and take over its token; nothing of the work in hand is touched.
 * @returns {Promise<boolean>} whether somebody is signed in: whoever isn't is sent to the sign-in page
 */
export async function renewToken() {
  const page = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  const parsed = page && new DOMParser().parseFromString(await page.text(), "text/html");
  const fresh = parsed?.querySelector("meta[name=csrf-token]")?.content;
  if (fresh) meta().content = fresh;
  return Boolean(fresh) && !page.redirected;
}
