from accounts.views import THEME_COOKIE, THEMES


def theme(request):
    """`theme` is how pages look in this browser where a person has chosen: "light" or "dark"."""
    chosen = request.COOKIES.get(THEME_COOKIE)
    return {"theme": chosen if chosen in THEMES and chosen != "system" else ""}
