from django import forms

from mail.models import DeliveryTest


class DeliveryTestForm(forms.ModelForm):
    class Meta:
        model = DeliveryTest
        fields = ["recipient"]
        labels = {"recipient": "Send a test message to"}
        help_texts = {"recipient": "It leaves at once, and what the mail server says to it is shown here."}
