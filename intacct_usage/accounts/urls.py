"""Addresses of signing in and of one's own account. Their names carry no prefix: Django asks for some of them."""

from django.urls import path

from intacct_usage.accounts import account_views, entra_views, setup_views, sign_in_views

urlpatterns = [
    path("accounts/", account_views.account, name="account"),
    path("accounts/still-here/", account_views.still_here, name="still_here"),
    path("accounts/login/", sign_in_views.SignInView.as_view(), name="login"),
    path("accounts/login/code/", sign_in_views.code, name="sign_in_code"),
    path("accounts/logout/", sign_in_views.SignOutView.as_view(), name="logout"),
    path("accounts/first-administrator/", setup_views.first_administrator, name="first_administrator"),
    path("accounts/entra/", entra_views.start, name="entra"),
    path("accounts/entra/callback/", entra_views.callback, name="entra_callback"),
    path("accounts/password/", account_views.ChangePasswordView.as_view(), name="password_change"),
    path("accounts/second-factor/", account_views.begin_second_factor, name="begin_second_factor"),
    path("accounts/second-factor/confirm/", account_views.confirm_second_factor, name="confirm_second_factor"),
    path("accounts/second-factor/codes/", account_views.new_recovery_codes, name="new_recovery_codes"),
    path("accounts/second-factor/off/", account_views.switch_second_factor_off, name="switch_second_factor_off"),
    path("accounts/sessions/end/", account_views.end_own_session, name="end_own_session"),
    path("accounts/people/", account_views.signed_in_people, name="signed_in_people"),
    path("accounts/people/end/", account_views.end_anybodys_session, name="end_anybodys_session"),
    # The administration's own doors lead through ours.
    path("admin/login/", sign_in_views.AdminSignInView.as_view()),
    path("admin/logout/", sign_in_views.SignOutView.as_view()),
    path("admin/password_change/", account_views.ChangePasswordView.as_view()),
]
